package dev.tethys.api.pyroscope;

import dev.tethys.model.Labels;
import dev.tethys.web.HttpException;
import java.util.UUID;

/**
 * Identifies a stored profile by the hash of its series labels and its time. Written as a UUID, as
 * readers of Pyroscope expect; profiles of one series at the same nanosecond share it.
 *
 * @param series {@link Labels#hash64} of the series
 * @param time Unix nanoseconds
 */
record ProfileId(long series, long time) {
  static ProfileId of(Labels series, long time) {
    return new ProfileId(series.hash64(), time);
  }

  /**
   * Reads an id.
   *
   * @throws HttpException 400 if it is not a UUID
   */
  static ProfileId parse(String text) {
    try {
      UUID id = UUID.fromString(text);
      return new ProfileId(id.getMostSignificantBits(), id.getLeastSignificantBits());
    } catch (IllegalArgumentException e) {
      throw new HttpException(
          400, "profile id is '" + text + "'; it must be the UUID of an exemplar");
    }
  }

  /** Returns the UUID. */
  String text() {
    return new UUID(series, time).toString();
  }
}
