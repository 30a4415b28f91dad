package dev.tethys.web.internal.proxied;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Accepts connections that may begin with a header of the PROXY protocol, of which whoever reads
 * them sees nothing: as TLS has to, for the header stands before its handshake.
 */
public final class HeaderServerSocket extends ServerSocket {
  /** One that is not bound yet. */
  public HeaderServerSocket() throws IOException {}

  @Override
  public Socket accept() throws IOException {
    HeaderSocket s = new HeaderSocket();
    implAccept(s);
    return s;
  }
}
