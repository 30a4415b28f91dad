package dev.tethys.model.profiles;

/** Receives the profiles of a selection, segment by segment, on one thread. */
public interface ProfileReader {
  /** True if {@link #profile} needs the samples; their total is known without them. */
  boolean needsSamples();

  /**
   * Starts a segment: the profiles that follow refer to these symbols. Without samples the symbols
   * may be empty.
   */
  void begin(ProfileSymbols symbols);

  /**
   * Receives a profile.
   *
   * @param series index in {@link ProfileSelection#series}
   * @param rows holds the profile; not kept after the call
   * @param row row that holds the profile
   * @param samples samples of the profile; empty unless requested, and invalid after the call
   *     returns
   */
  void profile(int series, ProfileRows rows, int row, Samples samples);

  /** Ends a segment. */
  void end();
}
