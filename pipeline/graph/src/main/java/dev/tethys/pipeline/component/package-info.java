/**
 * Interfaces of a pipeline component: type and name, configuration, factory, life cycle, and the
 * services that the graph provides to it.
 */
@NullMarked
package dev.tethys.pipeline.component;

import org.jspecify.annotations.NullMarked;
