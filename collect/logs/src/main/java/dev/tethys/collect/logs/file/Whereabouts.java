package dev.tethys.collect.logs.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a file is looked for when it is not under its path any more: beside the path, and where it
 * really stood when that was a link. Who rotates a file does it there, and a link may be gone
 * before its file is.
 *
 * @param path under which it is read
 * @param real the same without links
 */
record Whereabouts(Path path, Path real) {
  /** Of what stands under a path now; of the path alone when nothing does. */
  static Whereabouts of(Path path) {
    try {
      return new Whereabouts(path, path.toRealPath());
    } catch (IOException e) {
      return new Whereabouts(path, path);
    }
  }

  /** What it may be called, the path first. */
  List<Path> names() {
    return path.equals(real) ? List.of(path) : List.of(path, real);
  }

  /** The folders of these. */
  List<Path> folders() {
    return names().stream().flatMap(n -> Stream.ofNullable(n.getParent())).distinct().toList();
  }
}
