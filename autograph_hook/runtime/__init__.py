"""What transformed code calls. `attach` and `gate` are light; the operators load with the first trace."""
