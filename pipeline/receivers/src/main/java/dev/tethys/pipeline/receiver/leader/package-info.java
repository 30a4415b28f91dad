/** Receivers of which one replica is at work, and the extension that elects it. */
@NullMarked
package dev.tethys.pipeline.receiver.leader;

import org.jspecify.annotations.NullMarked;
