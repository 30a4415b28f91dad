/**
 * What receivers of points share: where points of a request or of a connection go, and the sockets
 * over which they come.
 */
@NullMarked
package dev.tethys.pipeline.receiver.points;

import org.jspecify.annotations.NullMarked;
