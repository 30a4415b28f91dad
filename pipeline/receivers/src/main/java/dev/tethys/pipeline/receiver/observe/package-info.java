/** The {@code node_agent} receiver: observes the processes on this machine. */
@NullMarked
package dev.tethys.pipeline.receiver.observe;

import org.jspecify.annotations.NullMarked;
