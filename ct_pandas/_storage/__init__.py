"""What has arrived of a download, kept in files that outlive the process."""
