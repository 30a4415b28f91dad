@NullMarked
package dev.tethys.pipeline.web;

import org.jspecify.annotations.NullMarked;
