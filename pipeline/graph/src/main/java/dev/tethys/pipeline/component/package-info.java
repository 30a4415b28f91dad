/**
 * Interfaces of a component of the graph: its type and name, configuration, factory, life cycle,
 * and the services that the graph offers it.
 */
@NullMarked
package dev.tethys.pipeline.component;

import org.jspecify.annotations.NullMarked;
