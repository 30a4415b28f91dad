package dev.tethys.control.rollout;

/**
 * A signal, or a value of an attribute in it, whose volumes are counted.
 *
 * @param attribute "" for the whole signal
 */
record VolumeKey(String attribute, String value, String signal) {
  /** Returns the key for the entire signal. */
  static VolumeKey whole(String signal) {
    return new VolumeKey("", "", signal);
  }
}
