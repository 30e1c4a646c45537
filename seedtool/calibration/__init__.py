"""What a model does on data: samples in; second moments, sensitivities and quality out.

Everything here needs torch.
"""
