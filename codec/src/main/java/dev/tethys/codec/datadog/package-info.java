/** Forms of Datadog: its sketches, and what its agent and clients post. */
@NullMarked
package dev.tethys.codec.datadog;

import org.jspecify.annotations.NullMarked;
