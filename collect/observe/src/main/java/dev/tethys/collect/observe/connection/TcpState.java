package dev.tethys.collect.observe.connection;

/** States of TCP sockets as Linux numbers them (include/net/tcp_states.h). */
final class TcpState {
  static final int ESTABLISHED = 1;
  static final int SYN_SENT = 2;
  static final int SYN_RECV = 3;
  static final int TIME_WAIT = 6;
  static final int CLOSE = 7;
  static final int LISTEN = 10;

  private TcpState() {}
}
