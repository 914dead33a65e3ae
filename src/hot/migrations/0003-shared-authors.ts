// Which author keys stand for more than one public key: all others can be counted in the index alone.

export const sql = `
  -- Keys (authorKey) under which events of different public keys have been stored. A key is never taken out again.
  CREATE TABLE shared_author (author INTEGER PRIMARY KEY) STRICT;

  INSERT INTO shared_author
    SELECT author FROM event GROUP BY author HAVING min(substr(json, 84, 64)) <> max(substr(json, 84, 64));
`;
