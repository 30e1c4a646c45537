"""Claims of the research as plain data, the checks and studies that test them, and the judges."""
