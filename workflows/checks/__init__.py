"""The static checks, one module for each thing that can be wrong; `workflows.check` runs them."""
