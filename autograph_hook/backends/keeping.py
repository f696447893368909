"""May backends keep files beside a program's modules? The setting `cache` decides, for the whole process."""

allowed = True
