package dev.tethys.insight.deployments;

import java.util.List;

/**
 * Change of one kind of version in a deployment.
 *
 * @param subject repository of the image; "" for other kinds
 * @param before versions that ran, sorted
 * @param after version that replaces them
 */
public record VersionChange(VersionKind kind, String subject, List<String> before, String after) {}
