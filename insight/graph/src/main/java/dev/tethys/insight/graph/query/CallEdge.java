package dev.tethys.insight.graph.query;

/**
 * Calls from one service to another over a range of time.
 *
 * @param type connection of the service graph ({@code ""}, {@code messaging_system}, {@code
 *     database}, {@code virtual_node}), a protocol seen by the node agent, or {@code tcp}
 * @param rate requests a second
 * @param failed failed requests a second
 * @param client durations that the client waits
 * @param server durations that the server works
 * @param connections open connections; NaN if the node agent does not see the call
 * @param retransmits TCP segments sent again, a second; NaN if the node agent does not see the call
 */
public record CallEdge(
    String from,
    String to,
    String type,
    double rate,
    double failed,
    Latency client,
    Latency server,
    double connections,
    double retransmits) {

  /**
   * Returns the connection type in the service graph; the protocol is given if the node agent
   * observed the call.
   */
  public String connection() {
    return Protocols.connection(type);
  }
}
