package dev.tethys.collect.logs.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Folders to search for a file that is no longer at its path: that of the path, and the real one if
 * the path was a link. Rotation happens there, and a link may be removed before its file.
 *
 * @param path path used to open the file
 * @param real the same without links
 */
record SearchFolders(Path path, Path real) {
  /** Names of the file that a path currently leads to; only the path if there is none. */
  static SearchFolders of(Path path) {
    try {
      return new SearchFolders(path, path.toRealPath());
    } catch (IOException e) {
      return new SearchFolders(path, path);
    }
  }

  /** Possible names, the path first. */
  List<Path> names() {
    return path.equals(real) ? List.of(path) : List.of(path, real);
  }

  /** Returns the folders that contain these names. */
  List<Path> folders() {
    return names().stream().flatMap(n -> Stream.ofNullable(n.getParent())).distinct().toList();
  }
}
