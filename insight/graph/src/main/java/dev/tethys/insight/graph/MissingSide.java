package dev.tethys.insight.graph;

/** Rule for naming the side of a request whose span did not arrive. */
public enum MissingSide {
  /** Requests with one side are not counted. */
  IGNORED {
    @Override
    boolean name(Request r, boolean root) {
      return false;
    }
  },

  /**
   * Tempo's rule: attributes of either side name the other one; a server without a parent was
   * called by {@code user}. Both sides have the known side's duration. Spans of a node agent count
   * in pairs only.
   */
  BY_PEER {
    @Override
    boolean name(Request r, boolean root) {
      if (r.client.isEmpty() && (r.peer != null || root)) {
        r.client = r.peer == null ? Request.USER : r.peer;
        r.clientNanos = r.serverNanos;
      } else if (r.server.isEmpty() && r.peer != null) {
        r.server = r.peer;
        r.serverNanos = r.clientNanos;
      } else {
        return false;
      }
      return true;
    }
  },

  /**
   * The Collector's rule: a client without a server called its peer or {@code unknown}; a server
   * without a parent was called by {@code user}. The missing side has no duration.
   */
  OR_UNKNOWN {
    @Override
    boolean name(Request r, boolean root) {
      if (r.client.isEmpty() && root) {
        r.client = Request.USER;
        r.virtual = "client";
      } else if (r.server.isEmpty()) {
        r.server = r.peer == null || r.peer.isEmpty() ? "unknown" : r.peer;
        r.virtual = "server";
      } else {
        return false;
      }
      return true;
    }
  };

  /**
   * Names the missing side; false if it has no name.
   *
   * @param root true for a server span without a parent
   */
  abstract boolean name(Request r, boolean root);
}
