"""The machinery of `lowband demo`: a pretend line, what it carried, and real processes on a leash."""
