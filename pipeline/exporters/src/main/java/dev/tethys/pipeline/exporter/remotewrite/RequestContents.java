package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.pipeline.delivery.EncodedRequest;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Content of a request, kept next to its compressed body.
 *
 * @param oldest Unix milliseconds of its oldest sample; 0 without samples
 * @param newest timestamp of the newest sample
 */
record RequestContents(
    int samples, int histograms, int exemplars, int metadata, long oldest, long newest) {
  /** Header with the contents of a request. */
  static final String HEADER = "contents";

  static final String CONTENT_TYPE = "content-type";

  static RequestContents of(EncodedRequest p) {
    String[] s = String.valueOf(p.headers().get(HEADER)).split(" ");
    try {
      return new RequestContents(
          Integer.parseInt(s[0]),
          Integer.parseInt(s[1]),
          Integer.parseInt(s[2]),
          Integer.parseInt(s[3]),
          Long.parseLong(s[4]),
          Long.parseLong(s[5]));
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      throw new IllegalArgumentException("not a request of remote write", e);
    }
  }

  static RemoteWriteMessage message(EncodedRequest p) {
    return RemoteWriteMessage.V2.contentType().equals(p.headers().get(CONTENT_TYPE))
        ? RemoteWriteMessage.V2
        : RemoteWriteMessage.V1;
  }

  /** Returns the additional headers of the request. */
  static Map<String, String> more(EncodedRequest p) {
    if (p.headers().size() <= 2) {
      return Map.of();
    }
    Map<String, String> m = new LinkedHashMap<>(p.headers());
    m.remove(HEADER);
    m.remove(CONTENT_TYPE);
    return m;
  }

  /** Returns the number of all counted entries. */
  int entries() {
    return samples + histograms + exemplars + metadata;
  }

  String text() {
    return samples
        + " "
        + histograms
        + " "
        + exemplars
        + " "
        + metadata
        + " "
        + oldest
        + " "
        + newest;
  }
}
