"""What went wrong, in words: the cause that a state caught, without the wrapping of whoever raised it."""


def readable_cause(characters: int) -> str:
    """Return the JSONata of a Catch that gives the caught cause, cut after so many characters.

    A function's error arrives as JSON with a message and a stack trace, others as text, a time-out as nothing. Cut,
    because what a state passes on has a limit, and an error about the error would take its place.
    """
    return f"""(
    $given := $states.errorOutput.Cause;
    $text := $type($given) = "string" and $given != "" ? $given : $states.errorOutput.Error;
    $object := $substring($text, 0, 1) = "{{" and $substring($text, -1) = "}}" ? $parse($text) : {{}};
    $substring($type($object.errorMessage) = "string" ? $object.errorMessage : $text, 0, {characters})
)"""
