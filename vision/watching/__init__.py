"""The watching duties as a whole: which watches a camera has, frames in order to them, clips, recordings."""
