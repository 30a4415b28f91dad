package dev.tethys.web.internal;

import io.helidon.common.socket.HelidonSocket;
import java.net.SocketAddress;

/**
 * A connection that was taken.
 *
 * @param socket what is read and written, behind TLS where there is any
 * @param remote who is at its other end
 * @param local at which of ours
 */
public record Accepted(HelidonSocket socket, SocketAddress remote, SocketAddress local) {}
