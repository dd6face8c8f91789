"""The generated pages of the reference, one module each: ``FILE``, ``TITLE``, ``TOLD`` and ``page()``."""
