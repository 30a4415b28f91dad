/** Readers of files with objectives: own grammar, Sloth's and OpenSLO's. */
@NullMarked
package dev.tethys.insight.objectives.file;

import org.jspecify.annotations.NullMarked;
