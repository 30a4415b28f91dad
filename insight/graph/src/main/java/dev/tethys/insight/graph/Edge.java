package dev.tethys.insight.graph;

import dev.tethys.model.guard.SeriesMemory;
import java.util.Map;

/**
 * Calls from a client to a server that share all labels.
 *
 * @param connection "" or a constant of {@link Request}
 * @param failed true for failed requests, if these have a separate edge
 * @param dimensions further labels
 */
public record Edge(
    String tenant,
    String client,
    String server,
    String connection,
    boolean failed,
    Map<String, String> dimensions) {

  /**
   * Returns the memory of its series, each with all labels.
   *
   * @param series number of series
   * @param labels number of labels without the dimensions
   */
  public long bytes(int series, int labels) {
    long text = (long) client.length() + server.length() + connection.length();
    for (Map.Entry<String, String> d : dimensions.entrySet()) {
      text += d.getKey().length() + d.getValue().length();
    }
    return series
        * (SeriesMemory.seriesBytes(text)
            + SeriesMemory.LABEL_BYTES * (labels + dimensions.size()));
  }
}
