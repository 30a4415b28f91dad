/**
 * Parts shared by formats that carry single points: the sink of points, counters of refused points,
 * and the translation of their names to names of metrics and labels.
 */
@NullMarked
package dev.tethys.codec.points;

import org.jspecify.annotations.NullMarked;
