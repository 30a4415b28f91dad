import { describe, expect, it } from 'vitest';
import { configuredRules } from './configured';

describe('what is configured', () => {
  it('lists rule files and counts Alertmanagers', () => {
    const yaml = `global:
  scrape_interval: 15s
alerting:
  alertmanagers:
  - scheme: http
    static_configs:
    - targets:
      - a:9093
rule_files:
- /etc/rules/*.yml
- "b c.yml"
scrape_configs:
- job_name: x
`;
    expect(configuredRules(yaml)).toEqual({ ruleFiles: ['/etc/rules/*.yml', 'b c.yml'], alertmanagers: 1 });
    expect(configuredRules('')).toEqual({ ruleFiles: [], alertmanagers: 0 });
  });
});
