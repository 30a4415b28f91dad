/** Receiver {@code node_agent}: observation of the processes of this machine. */
@NullMarked
package dev.tethys.pipeline.receiver.observe;

import org.jspecify.annotations.NullMarked;
