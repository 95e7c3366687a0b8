"""From a file that somebody sent to lines about people: columns recognised, cells cleaned, each line judged by itself."""
