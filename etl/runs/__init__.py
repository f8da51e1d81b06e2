"""What a run leaves behind beside its data: rejects, and the counts that it reports."""
