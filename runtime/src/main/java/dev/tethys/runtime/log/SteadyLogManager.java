package dev.tethys.runtime.log;

import java.util.logging.LogManager;

/**
 * The log manager of the process ({@code -Djava.util.logging.manager}): it goes on while shutdown
 * hooks run, where the JDK's own would be reset first and the last lines be lost.
 */
public final class SteadyLogManager extends LogManager {
  /** Made by the platform. */
  public SteadyLogManager() {}

  @Override
  public void reset() {
    // The process logs to its very end.
  }
}
