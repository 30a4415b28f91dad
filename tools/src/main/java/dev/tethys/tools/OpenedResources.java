package dev.tethys.tools;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Resources closed in reverse order of opening; all are closed even if one fails. */
final class OpenedResources implements AutoCloseable {
  private final List<AutoCloseable> all = new ArrayList<>();

  <C extends AutoCloseable> C add(C c) {
    all.add(c);
    return c;
  }

  /**
   * Closes all.
   *
   * @throws IOException the first failure, with the others as suppressed
   */
  @Override
  public void close() throws IOException {
    Exception first = null;
    for (AutoCloseable c : all.reversed()) {
      first = closed(c, first);
    }
    switch (first) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      default -> throw new IOException(first);
    }
  }

  private static @Nullable Exception closed(AutoCloseable c, @Nullable Exception before) {
    try {
      c.close();
      return before;
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      if (before == null) {
        return e;
      }
      if (!e.equals(before)) { // an exception cannot suppress itself
        before.addSuppressed(e);
      }
      return before;
    }
  }
}
