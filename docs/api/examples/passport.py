"""A specimen passport for the examples: it lays out what to trust, says its lines, and answers a challenge.

python passport.py make FOLDER              FOLDER/trust holds the CSCA of the specimen state Utopia
python passport.py lines FOLDER             the machine readable zone, as JSON
python passport.py answer FOLDER CHALLENGE  the body of POST /v1/verifications/{id}/chip, as JSON
"""

import base64
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from mrtd.specimen.chip import SpecimenChip
from service.demo.specimens import make_specimens

command, folder, *rest = sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]
made_at = folder / "made_at"
if command == "make":
    now = datetime.now(UTC).replace(microsecond=0)
    make_specimens(now).write(folder)
    made_at.write_text(now.isoformat())
    sys.exit()

document = make_specimens(datetime.fromisoformat(made_at.read_text())).genuine
if command == "lines":
    json.dump({"lines": list(document.mrz_lines), "source": "confirmed"}, sys.stdout)
elif command == "answer":
    challenge = base64.urlsafe_b64decode(rest[0] + "=" * (-len(rest[0]) % 4))
    json.dump(SpecimenChip(document).to_json_body(challenge), sys.stdout)
else:
    sys.exit(__doc__)
