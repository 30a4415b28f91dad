/**
 * What flows through a graph of receivers, processors and exporters, and how whoever sent it is
 * told what became of it.
 */
@NullMarked
package dev.tethys.pipeline;

import org.jspecify.annotations.NullMarked;
