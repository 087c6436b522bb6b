"""What featurescope raises. The sentences are those of the terminal program."""


class Error(Exception):
    """Anything that featurescope raises by itself."""


class SettingError(Error, ValueError):
    """A setting, or settings that do not fit together. Nothing was started."""


class RunError(Error, RuntimeError):
    """Something failed while working: a file, a folder, a process that was forked."""


class PartError(RunError):
    """A part in Python raised, or returned what it should not. The run is saved as it was last, and can go on."""


class InternalError(Error):
    """A mistake of featurescope itself, not of the settings: please report it."""
