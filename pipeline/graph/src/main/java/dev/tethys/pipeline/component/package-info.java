/**
 * What a component of a graph is: how it is named, configured, made, started and stopped, and what
 * the graph gives it.
 */
@NullMarked
package dev.tethys.pipeline.component;

import org.jspecify.annotations.NullMarked;
