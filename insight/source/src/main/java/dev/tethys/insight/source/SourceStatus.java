package dev.tethys.insight.source;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Source status.
 *
 * @param lastSuccess Unix milliseconds of the last complete reading; 0 for none
 * @param lag milliseconds between now and the time up to which samples were read; -1 if unknown
 * @param series number of series with samples in the last few minutes
 * @param samples number of samples appended since startup
 * @param missing intervals that will not be filled
 * @param open intervals that are still to be read, newest first
 * @param error failure of the last reading; null if it succeeded
 * @param problems omissions, with reasons and remedies
 */
public record SourceStatus(
    String name,
    String url,
    State state,
    long lastSuccess,
    long lag,
    int series,
    long samples,
    List<TimeGap> missing,
    List<TimeGap> open,
    @Nullable String error,
    List<String> problems) {
  /** Copy with another distance from now. */
  SourceStatus withBehind(long millis) {
    return new SourceStatus(
        name, url, state, lastSuccess, millis, series, samples, missing, open, error, problems);
  }

  /** State as a keyword. */
  public enum State {
    OK("ok"),
    CATCHING_UP("catching up"),
    AWAY("away"),
    REFUSED("refused");

    private final String text;

    State(String text) {
      this.text = text;
    }

    /** Word on pages. */
    public String text() {
      return text;
    }
  }
}
