package dev.tethys.runtime;

import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** Command of a module outside the core, found by {@link ServiceLoader}. */
public interface Role {
  /** Words that select it: {@code demo}, {@code exporter statsd}. */
  String command();

  /** Runs until the process receives a stop signal; returns the exit code of the process. */
  int run(List<String> args);

  /** Returns the role with this command, or null if this build lacks it. */
  static @Nullable Role find(String command) {
    for (Role r : ServiceLoader.load(Role.class)) {
      if (r.command().equals(command)) {
        return r;
      }
    }
    return null;
  }
}
