"""The acts: one module per subject, one public function per act. The only code that changes data."""
