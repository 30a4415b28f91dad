/** The graph over HTTP: how it stands, what passes, dead letters. */
@NullMarked
package dev.tethys.pipeline.web;

import org.jspecify.annotations.NullMarked;
