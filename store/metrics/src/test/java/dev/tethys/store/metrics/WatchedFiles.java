package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A disk of which every operation is seen before it is done, and may be refused. */
final class WatchedFiles {
  /** Sees an operation; what it throws is what the disk says. */
  interface Watch {
    void before(String operation, Object[] arguments) throws IOException;
  }

  private WatchedFiles() {}

  static FileAccess of(FileAccess disk, Watch watch) {
    return (FileAccess)
        Proxy.newProxyInstance(
            FileAccess.class.getClassLoader(),
            new Class<?>[] {FileAccess.class},
            (proxy, method, arguments) -> {
              watch.before(method.getName(), arguments);
              try {
                return method.invoke(disk, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
