package dev.tethys.api.dashboards;

import java.util.List;
import java.util.Locale;

/**
 * Dashboard in a list.
 *
 * @param version number of the last change; 0 for a file of the folder
 * @param updated time of the last change, in milliseconds
 * @param bytes of the content
 * @param file path below the folder of files, or "" if stored by the API
 */
record DashboardEntry(
    String uid,
    String title,
    String folder,
    List<String> tags,
    long version,
    long updated,
    long bytes,
    String file) {

  boolean isReadOnly() {
    return !file.isEmpty();
  }

  /** Whether each word of a search is in the title, the folder or a tag. */
  boolean matches(String search) {
    String all = (title + " " + folder + " " + String.join(" ", tags)).toLowerCase(Locale.ROOT);
    for (String word : search.toLowerCase(Locale.ROOT).trim().split("\\s+")) {
      if (!all.contains(word)) {
        return false;
      }
    }
    return true;
  }
}
