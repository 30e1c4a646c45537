"""Reports, made of documents alone: for terminals, as Markdown, CSV and one page of HTML."""
