package dev.tethys.collect.observe;

/**
 * State of one observed signal.
 *
 * @param signal such as {@code connections}
 * @param level extent of the observation
 * @param source facility that it comes from, such as {@code eBPF}
 * @param reason reason for a reduced level, and the remedy; empty for the full level
 */
public record SignalState(String signal, Level level, String source, String reason) {

  /** Observation level of a signal. */
  public enum Level {
    FULL,
    REDUCED,
    OFF;

    /** The word in tables and labels. */
    public String text() {
      return switch (this) {
        case FULL -> "full";
        case REDUCED -> "reduced";
        case OFF -> "off";
      };
    }
  }
}
