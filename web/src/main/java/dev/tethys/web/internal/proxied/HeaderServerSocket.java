package dev.tethys.web.internal.proxied;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Accepts connections that may start with a header of the PROXY protocol. Readers of the connection
 * do not see the header, as TLS requires, because it precedes the handshake.
 */
public final class HeaderServerSocket extends ServerSocket {
  /** Creates an unbound socket. */
  public HeaderServerSocket() throws IOException {}

  @Override
  public Socket accept() throws IOException {
    HeaderSocket s = new HeaderSocket();
    implAccept(s);
    return s;
  }
}
