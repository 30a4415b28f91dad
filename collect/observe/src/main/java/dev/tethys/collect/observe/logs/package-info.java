/** Log messages of containers: levels, multi-line messages and patterns. */
@NullMarked
package dev.tethys.collect.observe.logs;

import org.jspecify.annotations.NullMarked;
