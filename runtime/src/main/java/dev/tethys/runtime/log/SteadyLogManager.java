package dev.tethys.runtime.log;

import java.util.logging.LogManager;

/**
 * Log manager of the process ({@code -Djava.util.logging.manager}). It continues while shutdown
 * hooks run; the JDK's own would be reset first and lose the last lines.
 */
public final class SteadyLogManager extends LogManager {
  /** Created by the platform. */
  public SteadyLogManager() {}

  @Override
  public void reset() {
    // The process logs to its very end.
  }
}
