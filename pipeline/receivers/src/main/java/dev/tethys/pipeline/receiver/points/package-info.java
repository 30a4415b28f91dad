/** Parts shared by receivers of points: the batch of a request or connection, and the listeners. */
@NullMarked
package dev.tethys.pipeline.receiver.points;

import org.jspecify.annotations.NullMarked;
