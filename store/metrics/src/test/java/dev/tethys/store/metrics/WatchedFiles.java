package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A disk of which every operation is seen before it is done, and may be refused, or after it. */
final class WatchedFiles {
  /** Sees an operation; what it throws is what the disk says. */
  interface Watch {
    void sees(String operation, Object[] arguments) throws IOException;
  }

  private WatchedFiles() {}

  static FileAccess of(FileAccess disk, Watch before) {
    return of(disk, before, (operation, arguments) -> {});
  }

  /** One whose operations are seen when they are done. */
  static FileAccess after(FileAccess disk, Watch after) {
    return of(disk, (operation, arguments) -> {}, after);
  }

  private static FileAccess of(FileAccess disk, Watch before, Watch after) {
    return (FileAccess)
        Proxy.newProxyInstance(
            FileAccess.class.getClassLoader(),
            new Class<?>[] {FileAccess.class},
            (proxy, method, arguments) -> {
              before.sees(method.getName(), arguments);
              Object result;
              try {
                result = method.invoke(disk, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              after.sees(method.getName(), arguments);
              return result;
            });
  }
}
